/** The look at rendered Kubernetes objects finds what it says; the check is plain JavaScript, so that each question goes to a process of Node. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';

type Objects = Record<string, any>[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- manifests are broken on purpose

const WORKLOAD = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      securityContext: { runAsNonRoot: true }
      containers:
        - name: main
          image: web:1.2
          env: [{ name: A, value: a }, { name: B, value: "$(A)" }]
          ports: [{ name: health, containerPort: 1 }]
          startupProbe: { httpGet: { port: health } }
          livenessProbe: { httpGet: { port: health } }
          readinessProbe: { httpGet: { port: health } }
          resources: { requests: { memory: 1Mi }, limits: { memory: 1Mi } }
          securityContext: { allowPrivilegeEscalation: false }
          volumeMounts: [{ name: settings, mountPath: /x }]
      volumes: [{ name: settings, configMap: { name: settings } }]
`;
const sound = (): Objects => parseAllDocuments(WORKLOAD).map((document) => document.toJS() as Objects[number]);

const DAMAGE: [fact: string, damage: (objects: Objects) => unknown, problem: RegExp][] = [
  ['a selector that misses its pods', ([, , web]) => (web['spec'].selector.matchLabels.app = 'other'), /its selector does not meet its pods/],
  ['a service without pods', ([, service]) => (service['spec'].selector.app = 'other'), /Service web: its selector meets no pods/],
  ['pods that may run as root', ([, , web]) => delete web['spec'].template.spec.securityContext, /may run as root/],
  ['an image without a version', ([, , web]) => (web['spec'].template.spec.containers[0].image = 'web'), /image web has no version/],
  ['a missing probe', ([, , web]) => delete web['spec'].template.spec.containers[0].livenessProbe, /livenessProbe is missing/],
  ['a probe of an unknown port', ([, , web]) => (web['spec'].template.spec.containers[0].livenessProbe.httpGet.port = 'x'), /no port is called x/],
  ['memory without a limit', ([, , web]) => delete web['spec'].template.spec.containers[0].resources.limits, /memory has no request or no limit/],
  ['a variable used before it is set', ([, , web]) => web['spec'].template.spec.containers[0].env.reverse(), /\$\(A\) is used before it is set/],
  ['an unknown volume', ([, , web]) => (web['spec'].template.spec.volumes[0].name = 'x'), /no volume is called settings/],
  ['an unknown config map', ([, , web]) => (web['spec'].template.spec.volumes[0].configMap.name = 'x'), /no config map is called x/],
  ['an object that is there twice', (objects) => objects.push(objects[0]), /ConfigMap settings: is there twice/],
];

describe('the look at Kubernetes objects', () => {
  const check = pathToFileURL(join(__dirname, '../check/kubernetes.mjs')).href;
  const script = `import { text } from 'node:stream/consumers'; import { kubernetesProblems } from '${check}';
    process.stdout.write(JSON.stringify(JSON.parse(await text(process.stdin)).map(kubernetesProblems)));`;
  const damaged = DAMAGE.map(([, damage]) => {
    const objects = sound();
    damage(objects);
    return objects;
  });
  const found = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { input: JSON.stringify([sound(), ...damaged]), encoding: 'utf8' }),
  ) as string[][];

  it('finds nothing in sound ones', () => {
    expect(found[0]).toEqual([]);
  });

  it.each(DAMAGE.map(([fact, , problem], at) => [fact, problem, at + 1] as const))('finds %s', (_, problem, at) => {
    expect(found[at]).toHaveLength(1);
    expect(found[at][0]).toMatch(problem);
  });
});
