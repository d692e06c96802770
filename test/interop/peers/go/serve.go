// SPDX-License-Identifier: MIT

package main

import (
	"crypto/tls"
	"flag"
	"io"
	"net"
	"net/http"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/qlog"
)

// serve prints the port it has got, then answers until it is killed.
//
//	GET /...          a file of the folder
//	POST /echo        the body
func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	cert := flags.String("cert", "", "certificate chain, PEM")
	key := flags.String("key", "", "private key, PEM")
	root := flags.String("root", ".", "the folder to serve")
	retry := flags.Bool("retry", false, "send a Retry to every client without a token")
	version := flags.Int("version", 1, "the version of QUIC to accept")
	_ = flags.Parse(args)

	identity, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		fail(err)
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fail(err)
	}
	transport := &quic.Transport{Conn: socket}
	if *retry {
		transport.VerifySourceAddress = func(net.Addr) bool { return true }
	}
	settings := http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{identity}})
	listener, err := transport.ListenEarly(settings, &quic.Config{Versions: versions(*version), Tracer: qlog.DefaultConnectionTracer})
	if err != nil {
		fail(err)
	}
	say(map[string]int{"port": socket.LocalAddr().(*net.UDPAddr).Port})
	server := http3.Server{Handler: handler(*root)}
	fail(server.ServeListener(listener))
}

func handler(root string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir(root)))
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, _ = w.Write(body)
	})
	return mux
}
