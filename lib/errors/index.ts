// SPDX-License-Identifier: MIT
export { isPqqError, PqqError, type PqqErrorOptions } from "./base.js";
export {
  ApplicationError,
  ConfigError,
  HandshakeError,
  StreamError,
  TimeoutError,
  TransportError,
  type ConfigIssue,
  type HandshakeFacts,
  type Offer,
  type RequiredFacts,
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
