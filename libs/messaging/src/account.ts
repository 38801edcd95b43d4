/**
 * Finds out which account a connection is in. Servers from 2.10 on tell by `$SYS.REQ.USER.INFO`; 2.9 has only the statistics
 * of the own account, which name it too.
 */
import { Fault } from '@salus/fault';
import type { NatsConnection } from '@nats-io/transport-node';

/** Account of a server that was given none: everybody who connects is in it. */
export const GLOBAL_ACCOUNT = '$G';
const TIMEOUT_MS = 2_000;

interface UserInfo {
  readonly data?: { readonly account?: string };
}
interface AccountStatz {
  readonly data?: { readonly account_statz?: readonly { readonly acc?: string }[] };
}

async function ask<Reply>(connection: NatsConnection, subject: string): Promise<Reply | undefined> {
  try {
    return (await connection.request(subject, '', { timeout: TIMEOUT_MS })).json<Reply>();
  } catch {
    // No responder, no permission or no answer: this server does not tell in this way.
    return undefined;
  }
}

/** Name of the account, or undefined when the server does not tell. */
export async function accountOf(connection: NatsConnection): Promise<string | undefined> {
  const byStatistics = (await ask<AccountStatz>(connection, '$SYS.REQ.ACCOUNT.PING.STATZ'))?.data?.account_statz?.[0]?.acc;
  return byStatistics ?? (await ask<UserInfo>(connection, '$SYS.REQ.USER.INFO'))?.data?.account;
}

/**
 * Refuses a server on which callers cannot be told apart.
 * @returns whether the server tells callers apart
 * @throws Fault CONFIGURATION in the global account, or when the account cannot be told, unless `allowAnonymous`
 */
export async function requireAccounts(connection: NatsConnection, allowAnonymous: boolean): Promise<boolean> {
  const account = await accountOf(connection);
  const isTrusted = account !== undefined && account !== GLOBAL_ACCOUNT;
  if (isTrusted || allowAnonymous) return isTrusted;
  const found = account === undefined ? 'the account of this connection cannot be told' : 'this NATS server has no accounts';
  throw new Fault('CONFIGURATION', `${found}, so that callers cannot be told apart; use a server with the accounts SALUS and CLIENTS, or set allowAnonymous`, {
    expected: 'an account of its own for services', received: account ?? 'unknown',
  });
}
