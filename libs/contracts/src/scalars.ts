/** Scalars that several contracts use, each with its form and its name. */
import { z } from 'zod';

/** `sha256:` and 64 hexadecimal digits: the name of a blob or of a descriptor. */
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest: sha256: and 64 hexadecimal digits');
/** A model id: the name of its folder under models/. */
export const modelId = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a model id such as blood-pressure').max(64);
export const uuid = z.uuid();
export const count = z.int().min(0);
/** RFC 3339 time in UTC. */
export const instant = z.iso.datetime();
/** A version number of a model: 1, 2, 3 … */
export const versionNumber = z.int().min(1);
/** Raw bytes; in a JSON body they are base64. */
export const bytes = z.union([
  z.instanceof(Uint8Array),
  z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
]);
/** How many entries a listing gives, at most. */
export const limit = z.int().min(1).max(500).default(50);

export const DIGEST_EXAMPLE = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
export const UUID_EXAMPLE = '0f8fad5b-d9cb-469f-a165-70867728950e';
export const INSTANT_EXAMPLE = '2026-11-23T09:30:00.000Z';
