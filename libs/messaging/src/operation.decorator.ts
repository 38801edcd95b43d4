/** The two decorators of controllers. They give Nest the subject as pattern and the contract beside it. */
import type { EventContract, Operation as OperationContract, PayloadOf, RequestOf } from '@salus/contracts';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants';
import type { Observable } from 'rxjs';
import type { z } from 'zod';
import type { RequestContext } from './request-context';

type Answer<O extends OperationContract> = z.input<O['reply']> | Promise<z.input<O['reply']>> | Observable<z.input<O['reply']>>;
type OperationHandler<O extends OperationContract> = (request: RequestOf<O>, context: RequestContext) => Answer<O>;
type EventHandler<E extends EventContract> = (payload: PayloadOf<E>) => unknown;
type HandlerDecorator<Handler> = <Own extends Handler>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Own>) => void;

/** What stands beside a pattern in Nest's list of handlers. */
export interface HandlerExtras {
  readonly contract?: OperationContract | EventContract;
  readonly isForEveryInstance?: boolean;
}

/** Nest passes only the payload on by default; an empty list of decorated parameters makes it pass all arguments on. */
function passArgumentsOn(target: object, key: string | symbol): void {
  if (!Reflect.hasMetadata(PARAM_ARGS_METADATA, target.constructor, key)) Reflect.defineMetadata(PARAM_ARGS_METADATA, {}, target.constructor, key);
}

/**
 * Makes a controller method the handler of an operation: `method(request, context)`. The request is validated before, and the
 * method throws a Fault to refuse. Of an Observable the last value is the reply.
 */
export function Operation<O extends OperationContract>(contract: O): HandlerDecorator<OperationHandler<O>> {
  const extras: HandlerExtras = { contract };
  return (target, key, descriptor) => {
    passArgumentsOn(target, key);
    MessagePattern(contract.subject, extras)(target, key, descriptor);
  };
}

/**
 * Makes a controller method hear an event.
 * @param options `isForEveryInstance`: every instance of the service hears it; else one of them
 */
export function OnEvent<E extends EventContract>(contract: E, options: Pick<HandlerExtras, 'isForEveryInstance'> = {}): HandlerDecorator<EventHandler<E>> {
  const extras: HandlerExtras = { contract, ...options };
  return (target, key, descriptor) => {
    passArgumentsOn(target, key);
    // Nest types payloads as {}; ours are typed by their contract.
    EventPattern(contract.subject, extras)(target, key, descriptor as unknown as TypedPropertyDescriptor<(payload: object) => unknown>);
  };
}
