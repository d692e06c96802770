// SPDX-License-Identifier: MIT
// What callers may write and what they get. Checked by the compiler alone.
import type { ReadableStream } from "node:stream/web";
import { expectTypeOf } from "expect-type";
import type * as v from "valibot";
import {
  Client,
  devIdentity,
  isPqqError,
  PinStore,
  Response,
  Server,
  staticFiles,
  webHandler,
} from "../../lib/index.js";
import type {
  ClientIdentity,
  ClientOptions,
  ClientProof,
  ClientResponse,
  ClientStats,
  ConnectAttempt,
  ConnectError,
  TunnelError,
  Priority,
  Tunnel,
  Connection,
  CustomProfile,
  Downgrade,
  Handler,
  Identity,
  Pin,
  PoolStats,
  PqqErrorCode,
  Requirement,
  Requirements,
  SchemeName,
  Signer,
  Security,
  ServerOptions,
  ServerRequest,
  ConfigError,
  HandshakeError,
  PqqError,
  TimeoutError,
  TimeoutPhase,
  TransportError,
} from "../../lib/index.js";
import type { clientSchema, serverSchema } from "../../lib/config/schema.js";

// The interfaces, which have the documentation, and the schemas, which do the work, have the same names.
expectTypeOf<keyof ServerOptions>().toEqualTypeOf<keyof v.InferInput<typeof serverSchema>>();
expectTypeOf<keyof ClientOptions>().toEqualTypeOf<keyof v.InferInput<typeof clientSchema>>();

// A signer stands instead of a key, and knows the schemes by name.
expectTypeOf<{ cert: string; signer: Signer }>().toExtend<Identity>();
expectTypeOf<{
  certFile: string;
  signer: Signer;
  classical: { cert: string; signer: Signer };
}>().toExtend<Identity>();
expectTypeOf<{ signer: Signer }>().not.toExtend<Identity>();
expectTypeOf<() => Promise<string>>().not.toExtend<Signer["sign"]>();
expectTypeOf<(scheme: SchemeName, message: Uint8Array) => Uint8Array>().toExtend<Signer["sign"]>();

// An identity is text or files, never half of one.
expectTypeOf<{ cert: string; key: Buffer }>().toExtend<Identity>();
expectTypeOf<{
  certFile: string;
  keyFile: string;
  classical: { cert: string; key: string };
}>().toExtend<Identity>();
expectTypeOf<{ cert: string }>().not.toExtend<Identity>();
expectTypeOf<{ cert: string; keyFile: string }>().not.toExtend<Identity>();
expectTypeOf<ServerOptions["groups"]>()
  .extract<readonly string[]>()
  .items.extract<"X25519MLKEM768">()
  .toBeString();
expectTypeOf<{ identity: Identity; profile: "fast" }>().not.toExtend<ServerOptions>();

// Policy.
expectTypeOf<Requirement>().toEqualTypeOf<"any" | "pq" | "hybrid">();
expectTypeOf<"hybrid">().toExtend<ServerOptions["require"]>();
expectTypeOf<{ keyExchange: "pq" }>().toExtend<Requirements>();
expectTypeOf<"best">().not.toExtend<ClientOptions["require"]>();
expectTypeOf<{
  groups: ["MLKEM1024"];
  ciphers: ["TLS_AES_256_GCM_SHA384"];
  signatureSchemes: ["ML-DSA-87", "ecdsa_secp384r1_sha384"];
}>().toExtend<CustomProfile>();
expectTypeOf<{ groups: ["Kyber768"]; ciphers: []; signatureSchemes: [] }>()
  .not //
  .toExtend<CustomProfile>();
expectTypeOf<CustomProfile>().toExtend<ServerOptions["profile"]>();
expectTypeOf<("secure" | "custom")[]>().toExtend<ClientOptions["profiles"]>();
expectTypeOf<{ ca: string; require: "hybrid" }>().toExtend<ServerOptions["clientAuthentication"]>();
expectTypeOf<{ ca: string }>().not.toExtend<ServerOptions["clientAuthentication"]>();
expectTypeOf<{ cert: string; key: string }>().toExtend<ClientIdentity>();
expectTypeOf<false | string | PinStore>().toExtend<ClientOptions["pins"]>();
expectTypeOf<true>().not.toExtend<ClientOptions["pins"]>();
expectTypeOf(new PinStore().get("https://localhost")).toEqualTypeOf<Pin | undefined>();
expectTypeOf<Security["downgrade"]>().toEqualTypeOf<Downgrade | null>();
expectTypeOf<Security["client"]>().toEqualTypeOf<ClientProof | null>();
expectTypeOf<ClientProof["certificates"][number]["leaf"]>().toEqualTypeOf<Uint8Array>();

// Handlers.
const handler: Handler = (request, { connection, waitUntil }) => {
  expectTypeOf(request).toEqualTypeOf<ServerRequest>();
  expectTypeOf(request).toExtend<Request>();
  expectTypeOf(request.body).toEqualTypeOf<ReadableStream<Uint8Array> | null>();
  expectTypeOf(connection).toEqualTypeOf<Connection>();
  expectTypeOf(waitUntil).returns.toBeVoid();
  return new Response("x");
};
expectTypeOf(() => new globalThis.Response("x")).toExtend<Handler>();
expectTypeOf(() => Promise.resolve(Response.json({}))).toExtend<Handler>();
expectTypeOf(() => "text").not.toExtend<Handler>();
expectTypeOf(staticFiles(".")).toExtend<Handler>();
expectTypeOf(
  webHandler((request: Request) => new globalThis.Response(request.body)),
).toExtend<Handler>();

// The two doors.
expectTypeOf(
  Server.serve({ identity: devIdentity().identity }, handler),
).resolves.toEqualTypeOf<Server>();
expectTypeOf(
  Client.get("https://localhost/", { caFile: "ca.pem" }),
).resolves.toEqualTypeOf<ClientResponse>();
expectTypeOf(
  Client.get("https://localhost/", { require: "hybrid", pins: "pins.json" }),
).resolves.toEqualTypeOf<ClientResponse>();
expectTypeOf(new Client().get("https://localhost/", { require: { authentication: "pq" } })) //
  .resolves.toEqualTypeOf<ClientResponse>();
expectTypeOf<ClientResponse["attempts"]>().toEqualTypeOf<number>();
expectTypeOf<ClientStats["pool"]>().toEqualTypeOf<PoolStats>();
expectTypeOf<TimeoutError["phase"]>().toEqualTypeOf<TimeoutPhase | undefined>();
expectTypeOf<ConnectError["attempts"]>().toEqualTypeOf<readonly ConnectAttempt[]>();
expectTypeOf<Client["request"]>().toBeCallableWith("https://localhost/", {
  body: new FormData(),
  headersTimeoutMs: 1,
});
expectTypeOf(Client).toBeConstructibleWith({
  lookup: (_hostname, { family }, callback) => {
    callback(null, [{ address: "127.0.0.1", family }]);
  },
  resolve: { "localhost:443": ["127.0.0.1"] },
});
// @ts-expect-error -- a number is no content
void new Client().request("https://localhost/", { body: 5 });
expectTypeOf<ClientResponse["connection"]["security"]>().toEqualTypeOf<Security>();
expectTypeOf<ClientResponse>().toExtend<Response>();
expectTypeOf<Client>().toExtend<AsyncDisposable>();
expectTypeOf<Server>().toExtend<AsyncDisposable>();

// Bodies.
expectTypeOf(Response).toBeConstructibleWith("x");
expectTypeOf(Response).toBeConstructibleWith(Buffer.from("x"), {
  status: 200,
  headers: { a: "b" },
});
expectTypeOf(Response).toBeConstructibleWith(ReadableStreamOf(), { trailers: () => ({ a: "b" }) });
// @ts-expect-error -- a number is no body
new Response(5);
declare function ReadableStreamOf(): ReadableStream<Uint8Array>;

// Tunnels and priorities.
declare const anyClient: Client;
expectTypeOf(
  anyClient.connect("https://a/", { protocol: "echo" }),
).resolves.toEqualTypeOf<Tunnel>();
expectTypeOf<Tunnel["readable"]>().toEqualTypeOf<ReadableStream<Uint8Array>>();
expectTypeOf<Tunnel["datagrams"]>().toExtend<AsyncIterable<Uint8Array>>();
const takesTunnel: Handler = (request, context) => {
  expectTypeOf(request.protocol).toEqualTypeOf<string | null>();
  context.earlyHints({ link: ["</a>", "</b>"] });
  return context.accept({ headers: { a: "b" } });
};
expectTypeOf(takesTunnel).toEqualTypeOf<Handler>();
expectTypeOf<TunnelError>().toExtend<PqqError>();
expectTypeOf<ClientResponse["setPriority"]>().parameter(0).toEqualTypeOf<Priority>();

// Errors.
declare const caught: unknown;
if (isPqqError(caught)) expectTypeOf(caught.code).toEqualTypeOf<PqqErrorCode>();
expectTypeOf<ConfigError>().toExtend<PqqError>();
expectTypeOf<HandshakeError["required"]>()
  .extract<object>()
  .toHaveProperty("pinnedUntil")
  .toEqualTypeOf<Date | undefined>();
expectTypeOf<HandshakeError["alert"]>().toEqualTypeOf<number | undefined>();
expectTypeOf<TransportError["wireCode"]>().toEqualTypeOf<bigint | undefined>();
expectTypeOf<"PQQ_ERR_CERT_UNTRUSTED">().toExtend<PqqErrorCode>();
expectTypeOf<"PQQ_ERR_NO_SUCH_THING">().not.toExtend<PqqErrorCode>();
