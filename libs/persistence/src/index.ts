export { BlobCache, type BlobCacheOptions } from './blob-cache';
export { BLOB_CHUNK_BYTES, BlobStore, type BlobReference, type BlobSource, type BlobStat, type Collected, type PutOptions, type StoredBlob } from './blob.store';
export { MemoryBlobStore } from './blob.memory';
export { PostgresBlobStore } from './blob.postgres';
export { openDatabase, schemaOf, type DatabaseOptions } from './database';
export { databaseFault, isDatabaseError } from './database-fault';
export { driftOf } from './drift';
export { PersistenceModule } from './persistence.module';
export { inTransaction, rowsOf } from './transaction';
