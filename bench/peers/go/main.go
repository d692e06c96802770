// SPDX-License-Identifier: MIT

// An HTTP/3 server on quic-go: /small and /download/BYTES from memory, as the other servers of the benchmark have them.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/quic-go/quic-go/http3"
)

const (
	smallBytes = 1024
	blockBytes = 128 * 1024
)

var block = []byte(strings.Repeat("x", blockBytes))

func answer(writer http.ResponseWriter, request *http.Request) {
	left := smallBytes
	if text, isDownload := strings.CutPrefix(request.URL.Path, "/download/"); isDownload {
		bytes, err := strconv.Atoi(text)
		if err != nil {
			http.NotFound(writer, request)
			return
		}
		left = bytes
	}
	writer.Header().Set("content-type", "text/plain")
	writer.Header().Set("content-length", strconv.Itoa(left))
	for left > 0 {
		part := min(left, blockBytes)
		if _, err := writer.Write(block[:part]); err != nil {
			return
		}
		left -= part
	}
}

func main() {
	cert := flag.String("cert", "", "PEM file of the chain")
	key := flag.String("key", "", "PEM file of its key")
	flag.Parse()
	identity, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		log.Fatal(err)
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		log.Fatal(err)
	}
	server := http3.Server{
		Handler: http.HandlerFunc(answer),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{identity},
			// No server of the benchmark resumes.
			SessionTicketsDisabled: true,
		},
	}
	go func() { log.Fatal(server.Serve(socket)) }()
	fmt.Printf("{\"event\":\"listening\",\"port\":%d}\n", socket.LocalAddr().(*net.UDPAddr).Port)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		log.Fatal(err)
	}
}
