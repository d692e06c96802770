// SPDX-License-Identifier: MIT
export { isPqqError, PqqError, type PqqErrorOptions } from "./base.js";
export {
  ApplicationError,
  ConfigError,
  ConnectError,
  TunnelError,
  HandshakeError,
  RedirectError,
  StreamError,
  timeoutError,
  TimeoutError,
  TransportError,
  type ConnectAttempt,
  type ConfigIssue,
  type HandshakeFacts,
  type Offer,
  type RequiredFacts,
  type TimeoutFacts,
  type TimeoutPhase,
  type WireFacts,
} from "./classes.js";
export {
  codeOfStatus,
  isRetryable,
  messageOfCode,
  statusOfCode,
  type PqqErrorCode,
} from "./codes.js";
export { errorFromStatus, type StatusInfo } from "./from_status.js";
