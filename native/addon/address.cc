/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace velo {

bool ParseAddress(const std::string &text, uint16_t port, pqq_address *address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo *found = nullptr;
  if (getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0 || found == nullptr) {
    return false;
  }
  *address = pqq_address{};
  address->port = port;
  if (found->ai_family == AF_INET6) {
    const auto *v6 = reinterpret_cast<const sockaddr_in6 *>(found->ai_addr);
    address->family = 6;
    address->scope_id = v6->sin6_scope_id;
    memcpy(address->ip, &v6->sin6_addr, 16);
  } else {
    const auto *v4 = reinterpret_cast<const sockaddr_in *>(found->ai_addr);
    address->family = 4;
    memcpy(address->ip, &v4->sin_addr, 4);
  }
  freeaddrinfo(found);
  return true;
}

std::string AddressText(const pqq_address &address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.family == 6 ? AF_INET6 : AF_INET, address.ip, text, sizeof text);
  return text;
}

Napi::Object AddressObject(Napi::Env env, const pqq_address &address) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("address", Napi::String::New(env, AddressText(address)));
  object.Set("port", Napi::Number::New(env, address.port));
  object.Set("family", Napi::Number::New(env, address.family));
  return object;
}

} // namespace velo
