import { jobSettings, readConfiguration, serviceSettings } from './configuration';

describe('the configuration', () => {
  const schema = serviceSettings.extend(jobSettings);

  it('has a default and a sentence for every key', () => {
    expect(() => readConfiguration(schema, {})).not.toThrow();
    for (const key of Object.values(schema.shape)) expect(key.description).toMatch(/\.$/);
  });

  it('reports every problem together and never a value', () => {
    const read = () => readConfiguration(schema, { NATS_URL: '', HEALTH_PORT: 'hunter2', JOB_LEASE_MS: '5' });
    expect(read).toThrow(expect.objectContaining({ code: 'CONFIGURATION', details: { issues: [expect.objectContaining({ key: 'HEALTH_PORT' }), expect.objectContaining({ key: 'JOB_LEASE_MS' })] } }));
    expect(read).not.toThrow(/hunter2/);
  });
});
