// Looks through rendered Kubernetes objects for what the API server would refuse or an operator would regret, without a cluster: selectors that
// do not meet their own pods, names that lead nowhere, images without a version, containers without probes or limits, or that may run as root.

const WORKLOADS = ['Deployment', 'StatefulSet'];
const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'];
const covers = (labels = {}, selector = {}) => Object.entries(selector).every(([key, value]) => labels[key] === value);
const nameOf = (object) => `${object.kind} ${object.metadata?.name}`;

function containerProblems(container, pod) {
  const ports = new Set((container.ports ?? []).map(({ name }) => name));
  const volumes = new Set(pod.volumeNames);
  return [
    ...(/:[^/]+$/.test(container.image ?? '') ? [] : [`image ${container.image} has no version`]),
    ...PROBES.filter((probe) => container[probe] === undefined).map((probe) => `${probe} is missing`),
    ...PROBES.map((probe) => container[probe]?.httpGet?.port).filter((port) => port !== undefined && !ports.has(port)).map((port) => `no port is called ${port}`),
    ...(container.resources?.limits?.memory && container.resources?.requests?.memory ? [] : ['memory has no request or no limit']),
    ...(container.securityContext?.allowPrivilegeEscalation === false ? [] : ['may gain privileges']),
    ...(container.volumeMounts ?? []).filter(({ name }) => !volumes.has(name)).map(({ name }) => `no volume is called ${name}`),
    ...(container.env ?? []).filter((entry) => entry.value === undefined && entry.valueFrom === undefined).map(({ name }) => `${name} has no value`),
    ...expansionProblems(container.env ?? []),
  ];
}

/** `$(NAME)` is expanded only when NAME stands further up. */
function expansionProblems(env) {
  return env.flatMap(({ value }, at) => {
    const used = [...String(value ?? '').matchAll(/\$\((\w+)\)/g)].map((match) => match[1]);
    return used.filter((name) => !env.slice(0, at).some((entry) => entry.name === name)).map((name) => `$(${name}) is used before it is set`);
  });
}

function workloadProblems(workload, configMaps) {
  const { template, selector, volumeClaimTemplates = [] } = workload.spec;
  const volumes = template.spec.volumes ?? [];
  const pod = { volumeNames: [...volumes, ...volumeClaimTemplates.map(({ metadata }) => metadata)].map(({ name }) => name) };
  const isRootPossible = template.spec.securityContext?.runAsNonRoot !== true;
  return [
    ...(covers(template.metadata.labels, selector.matchLabels) ? [] : ['its selector does not meet its pods']),
    ...(isRootPossible ? ['may run as root'] : []),
    ...volumes.map(({ configMap }) => configMap?.name).filter((name) => name !== undefined && !configMaps.has(name)).map((name) => `no config map is called ${name}`),
    ...template.spec.containers.flatMap((container) => containerProblems(container, pod).map((problem) => `${container.name}: ${problem}`)),
  ];
}

/**
 * What is wrong, one line each; empty when nothing is.
 *
 * @param objects the parsed documents that kustomize rendered
 */
export function kubernetesProblems(objects) {
  const named = objects.map(nameOf);
  const workloads = objects.filter(({ kind }) => WORKLOADS.includes(kind));
  const configMaps = new Set(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name));
  const unmet = objects
    .filter(({ kind, spec }) => kind === 'Service' && !workloads.some(({ spec: { template } }) => covers(template.metadata.labels, spec.selector)))
    .map((service) => `${nameOf(service)}: its selector meets no pods`);
  return [
    ...named.filter((name, at) => named.indexOf(name) !== at).map((name) => `${name}: is there twice`),
    ...objects.filter(({ apiVersion, kind, metadata }) => !apiVersion || !kind || !metadata?.name).map((object) => `${nameOf(object)}: apiVersion, kind or name is missing`),
    ...unmet,
    ...workloads.flatMap((workload) => workloadProblems(workload, configMaps).map((problem) => `${nameOf(workload)}: ${problem}`)),
  ];
}
