export { FAULT_CODES, type FaultCode, type FaultCodeEntry } from './codes';
export { Fault, isFaultCode, type FaultDetails } from './fault';
