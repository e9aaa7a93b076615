import pg from 'pg';
import { driverCode } from '../driver-code.ts';
import { describeTrouble } from './remedies.ts';

/** Error classes and codes (Appendix A) that mean the server is unavailable, or that a retry may succeed. */
const unavailable = /^(08|53|57|58)|^(25006|25P03|40001|40P01|55P03)$/;

/** Error codes after which the server closes the connection. */
const endsConnection = /^(08|57P0|25P03)/;

/** The code with which the server refuses changes: it is a standby, or its administrator made it read-only. */
const readOnly = '25006';

/** Codes whose messages name tables, roles and settings, but never values of a row. */
const quotable = new Set(['42501', readOnly, '53100', '53300']);

const replica = 'this server is a read-only replica';

/**
 * SQL condition that is true on a primary. On a standby it fails the statement, even if no row matches the other
 * conditions. Behind a pooler, a connection that led to a primary may lead to a standby, which would accept revoked tokens.
 *
 * The server evaluates the subquery once, before it looks for rows. The cast is what fails: its text is no boolean.
 */
export const onPrimary = `(SELECT CAST(CASE WHEN pg_is_in_recovery() THEN '${replica}' ELSE 'true' END AS boolean))`;

/** A connection could not be opened, or does not lead to a primary. */
export class CannotConnect extends Error {
  constructor(cause: unknown) {
    super('Cannot connect to the database.', { cause });
    this.name = 'CannotConnect';
  }
}

/** The server is a standby. */
export class NotPrimary extends Error {
  constructor() {
    super(replica);
    this.name = 'NotPrimary';
  }
}

/** Returns whether a connection failed because the server is a standby. */
export function isStandby(error: unknown): boolean {
  return error instanceof CannotConnect && error.cause instanceof NotPrimary;
}

/** Errors from the server have a code. All others, except a TypeError, are network failures or timeouts. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof CannotConnect || isFromStandby(error)) return true;
  return error instanceof pg.DatabaseError ? unavailable.test(error.code ?? '') : !(error instanceof TypeError);
}

/**
 * Returns whether a statement failed with its connection, so that its outcome is unknown. Otherwise the server itself
 * reported the error, and stays connected.
 */
export function losesConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || endsConnection.test(error.code ?? '');
}

/** Returns whether a connection may be used again after a statement failed with this error. */
export function keepsConnection(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !isFromStandby(error);
}

/** Returns whether a standby responded: to a change, or to a statement with the condition `onPrimary`. */
function isFromStandby(error: Error): boolean {
  const code = driverCode(error);
  return code === readOnly || (code === '22P02' && error.message.includes(replica));
}

/**
 * Returns the server's words and the remedy, for the operator: one or two sentences without values of a row. Returns null
 * if the code alone may be shown. `setting` is what holds the database URL.
 */
export function explain(error: unknown, setting: string): string | null {
  if (error instanceof CannotConnect) return describeTrouble('Cannot connect to the database', error.cause, setting);
  if (!(error instanceof Error)) return null;
  if (isFromStandby(error) && driverCode(error) !== readOnly) {
    return describeTrouble('Cannot use the database', new NotPrimary(), setting);
  }
  return quotable.has(driverCode(error)) ? describeTrouble('The database rejects this', error, setting) : null;
}
