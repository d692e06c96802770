// SPDX-License-Identifier: MIT

// Peer is quic-go as a server and as a client of HTTP/3, for test/interop: a QUIC of its own over Go's crypto/tls, which
// has X25519MLKEM768 and, from Go 1.27 on, ML-DSA certificates.
//
//	peer serve -cert FILE -key FILE [-retry] [-version 2]
//	peer fetch -ca FILE -origin URL [-groups NAME,...] [-version 2]
//
// With QLOGDIR in the environment each connection writes a qlog there.
package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"os"

	"github.com/quic-go/quic-go"
)

var groups = map[string]tls.CurveID{
	"X25519":             tls.X25519,
	"secp256r1":          tls.CurveP256,
	"X25519MLKEM768":     tls.X25519MLKEM768,
	"SecP256r1MLKEM768":  tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

// versions of QUIC to offer, or to accept, most preferred first.
func versions(number int) []quic.Version {
	if number == 2 {
		return []quic.Version{quic.Version2}
	}
	return []quic.Version{quic.Version1}
}

// say prints one line of JSON, which is how the tests hear of anything.
func say(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "serve":
			serve(os.Args[2:])
			return
		case "fetch":
			fetch(os.Args[2:])
			return
		}
	}
	fail(fmt.Errorf("usage: peer serve|fetch OPTIONS"))
}
