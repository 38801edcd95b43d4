/**
 * Reads `models/`: one folder per model, whose `model.json` is the registration. Read when a dataset is ingested or
 * prepared and when a model is trained; a version that exists holds its own copy and never looks here.
 */
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { manifestSchema, modelId, type ModelManifest } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { pipelineProblems } from '@salus/features';
import { learnerOf, resolveParameters } from '@salus/learners';
import { canonicalBytes } from './canonical-json';

/** A model as its folder registers it. */
export interface RegisteredModel {
  readonly manifest: ModelManifest;
  /** Canonical JSON of the manifest with its defaults filled in, and its digest. */
  readonly manifestBytes: Uint8Array;
  readonly manifestDigest: string;
  /** Absolute path of the folder. */
  readonly folder: string;
}

/** The models of one folder. Every call reads the disk, so that a folder that was added or edited is seen at once. */
export class ModelsFolder {
  constructor(private readonly root: string) {}

  /**
   * Ids of all model folders, sorted; folders whose name is no model id, or without a manifest, are passed over.
   * @throws Fault CONFIGURATION when the folder cannot be read
   */
  async ids(): Promise<string[]> {
    const entries = await readdir(this.root, { withFileTypes: true }).catch((cause: unknown) => {
      throw new Fault('CONFIGURATION', `the models folder ${this.root} cannot be read`, { folder: this.root }, cause);
    });
    const isModel = (name: string): boolean => modelId.safeParse(name).success && existsSync(join(this.root, name, 'model.json'));
    return entries.map((entry) => entry.name).filter(isModel).sort();
  }

  /**
   * One model.
   * @throws Fault UNKNOWN_MODEL when there is no such folder, INVALID_MANIFEST naming each field that is wrong
   */
  async read(id: string): Promise<RegisteredModel> {
    const folder = resolve(this.root, id);
    if (!modelId.safeParse(id).success || !existsSync(join(folder, 'model.json'))) {
      const model = id.slice(0, 64);
      throw new Fault('UNKNOWN_MODEL', `no model ${JSON.stringify(model)}; known are: ${(await this.ids()).join(', ') || 'none'}`, { model });
    }
    const file = `models/${id}/model.json`;
    const manifest = parseManifest(await readFile(join(folder, 'model.json'), 'utf8'), file);
    if (manifest.id !== id) {
      throw new Fault('INVALID_MANIFEST', `${file} calls itself ${manifest.id}; expected ${id}`, { file, expected: id, received: manifest.id });
    }
    const { bytes, digest } = canonicalBytes(manifest);
    return { manifest, manifestBytes: bytes, manifestDigest: digest, folder };
  }
}

/**
 * Parses and checks the text of a manifest.
 * @param name what to call the file in a message
 * @throws Fault INVALID_MANIFEST with `details.issues: { path, expected }[]`
 */
export function parseManifest(text: string, name: string): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('INVALID_MANIFEST', `${name} is not JSON: ${(cause as SyntaxError).message}`, { file: name }, cause);
  }
  const parsed = manifestSchema.safeParse(value);
  const issues = parsed.success ? contradictionsOf(parsed.data) : parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), expected: issue.message }));
  if (parsed.success && issues.length === 0) return parsed.data;
  const first = issues.slice(0, 3).map(({ path, expected }) => `${path || 'the manifest'}: ${expected}`).join('; ');
  throw new Fault('INVALID_MANIFEST', `${name} does not fit: ${first}${issues.length > 3 ? ` and ${issues.length - 3} more` : ''}`, { file: name, issues });
}

interface ManifestIssue {
  readonly path: string;
  readonly expected: string;
}

/** What no schema can see: names that a table cannot hold, steps that do not fit their features, a learner that there is not. */
function contradictionsOf({ features, target, patient, pipeline, learner }: ModelManifest): ManifestIssue[] {
  const names = [...features.map(({ name }) => name), target.name, ...(patient === undefined ? [] : [patient])];
  const issues = [...nameProblems(names), ...pipelineProblems(features, pipeline).map(({ path, problem }) => ({ path, expected: problem }))];
  try {
    resolveParameters(learnerOf(learner.algorithm).parameters, learner.parameters);
  } catch (error) {
    const { message } = Fault.from(error);
    issues.push({ path: 'learner', expected: message });
  }
  return issues;
}

/** The tables call columns `row` and `split` their own, and know no difference between upper and lower case. */
function nameProblems(names: readonly string[]): ManifestIssue[] {
  const taken = new Map(['row', 'split'].map((name) => [name, 'the tables of the platform']));
  return names.flatMap((name) => {
    const holder = taken.get(name.toLowerCase());
    taken.set(name.toLowerCase(), `the column ${name}`);
    return holder === undefined ? [] : [{ path: 'features', expected: `a name other than ${name}, which ${holder} has already` }];
  });
}
