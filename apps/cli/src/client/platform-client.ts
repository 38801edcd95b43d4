import type { Client } from '@salus/messaging';

/** What the flows need of a client: typed requests. They open and close no connection. */
export type PlatformClient = Pick<Client, 'request'>;
export type { RequestOptions } from '@salus/messaging';
