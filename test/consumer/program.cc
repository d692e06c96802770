// SPDX-License-Identifier: MIT
// The same from C++17: handles in std::unique_ptr, a lambda as the handler.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <pqq/pqq.h>

namespace {

template <auto Free> struct Deleter {
  template <typename T> void operator()(T *handle) const {
    Free(handle);
  }
};
using Config = std::unique_ptr<pqq_config, Deleter<pqq_config_unref>>;
using Identity = std::unique_ptr<pqq_dev_identity, Deleter<pqq_dev_identity_free>>;
using Response = std::unique_ptr<pqq_response, Deleter<pqq_response_free>>;

struct Stop {
  void operator()(pqq_server *server) const {
    pqq_stop_server(server, 1000);
  }
};
using Server = std::unique_ptr<pqq_server, Stop>;

void check(pqq_status status, const char *what) {
  if (status != PQQ_OK) {
    throw std::runtime_error(std::string(what) + ": " + pqq_err_name(status) + ": " +
                             pqq_error_detail());
  }
}

std::string_view text(pqq_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.data), bytes.len};
}

Config make_config() {
  const char *names[] = {"127.0.0.1"};
  pqq_dev_identity *made = nullptr;
  check(pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 1, &made), "identity");
  Identity identity(made);
  pqq_identity_source source{};
  source.cert_pem = identity->pq_cert_pem;
  source.key_pem = identity->pq_key_pem;
  pqq_config_options options;
  check(pqq_config_options_init(&options, sizeof options), "options");
  options.identities = &source;
  options.identity_count = 1;
  options.ca_pem = identity->ca_pem;
  pqq_config *config = nullptr;
  check(pqq_config_new(&options, &config), "configuration");
  return Config(config);
}

Server start(pqq_config *config) {
  pqq_server_options options;
  check(pqq_server_options_init(&options, sizeof options), "options");
  options.config = config;
  options.handler = [](pqq_exchange *exchange, void *) {
    pqq_bytes path = pqq_exchange_path(exchange);
    pqq_respond(exchange, 200, nullptr, 0, path.data, path.len, 0);
  };
  pqq_server *server = nullptr;
  check(pqq_start_server(&options, &server), "server");
  return Server(server);
}

void ask(pqq_config *config, std::uint16_t port) {
  std::string url = "https://127.0.0.1:" + std::to_string(port) + "/hello";
  pqq_request_options options;
  check(pqq_request_options_init(&options, sizeof options), "options");
  options.url = url.c_str();
  options.config = config;
  pqq_response *made = nullptr;
  check(pqq_request(&options, &made), "request");
  Response response(made);
  const pqq_connection_info *info = pqq_response_connection_info(response.get());
  std::string body(text(pqq_response_body(response.get())));
  std::printf("C++%ld libpqq %s: %d %s %s %s\n", static_cast<long>(__cplusplus), pqq_version(),
              static_cast<int>(pqq_response_status(response.get())), body.c_str(), info->group_name,
              info->signature_name);
}

} // namespace

int main() try {
  check(pqq_init(), "pqq_init");
  Config config = make_config();
  Server server = start(config.get());
  ask(config.get(), pqq_server_port(server.get()));
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
