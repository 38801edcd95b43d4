import { z } from 'zod';
import { isFaultCode } from '@salus/fault';
import { scanContracts } from './index';

const SERVICES = ['ingestion', 'preprocessing', 'training', 'prediction'];
const found = scanContracts();

describe.each(found.map(({ file, contract }) => [file, contract] as const))('%s', (file, contract) => {
  if (contract.kind === 'operation') {
    it('has an example that its own schemas accept', () => {
      contract.request.parse(contract.example.request);
      contract.reply.parse(contract.example.reply);
    });
    it('has a subject of its service, version and file', () => {
      const [service, name] = file.split('/');
      expect([`${service}.v1.${name}`, `${service}.v1.${name}.{model}`]).toContain(contract.subject);
    });
    it('can be shown as JSON Schema and names only known faults', () => {
      expect(z.toJSONSchema(contract.request, { io: 'input', unrepresentable: 'any' })).toHaveProperty('$schema');
      expect(contract.faults.filter((code) => !isFaultCode(code))).toEqual([]);
    });
  }
  if (contract.kind === 'event') {
    it('has an example that its schema accepts, under event.<service>.v1', () => {
      contract.payload.parse(contract.example);
      expect(contract.subject).toBe(`event.${file.split('/')[0]}.v1.${file.split('/')[1]}`);
    });
  }
  if (contract.kind === 'job') {
    it('has an example of input and result, and the name of its file', () => {
      contract.input.parse(contract.example.input);
      contract.result.parse(contract.example.result);
      expect([contract.service, contract.name]).toEqual(file.split('/'));
    });
  }
});

describe('the folder scan', () => {
  it('finds every service and no subject twice', () => {
    const subjects = found.flatMap(({ contract }) => (contract.kind === 'job' ? [] : [contract.subject]));
    expect(new Set(subjects).size).toBe(subjects.length);
    expect([...new Set(found.map(({ file }) => file.split('/')[0]))].sort()).toEqual([...SERVICES].sort());
  });
});
