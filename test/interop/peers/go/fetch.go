// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/qlog"
)

const (
	uploadBytes = 8 << 20
	streams     = 500
)

type client struct {
	http       http.Client
	origin     string
	connection *quic.Conn
}

// fetch does all it can over one connection and prints a line for each thing it has done.
func fetch(args []string) {
	flags := flag.NewFlagSet("fetch", flag.ExitOnError)
	ca := flags.String("ca", "", "roots, PEM")
	origin := flags.String("origin", "", "https://host:port")
	groupNames := flags.String("groups", "", "groups to offer; default those of Go")
	version := flags.Int("version", 1, "the version of QUIC to offer")
	_ = flags.Parse(args)

	roots := x509.NewCertPool()
	text, err := os.ReadFile(*ca)
	if err != nil {
		fail(err)
	}
	roots.AppendCertsFromPEM(text)
	settings := &tls.Config{RootCAs: roots}
	for _, name := range strings.FieldsFunc(*groupNames, func(r rune) bool { return r == ',' }) {
		settings.CurvePreferences = append(settings.CurvePreferences, groups[name])
	}
	self := &client{origin: *origin}
	transport := &http3.Transport{
		TLSClientConfig: settings,
		QUICConfig:      &quic.Config{Versions: versions(*version), Tracer: qlog.DefaultConnectionTracer},
		Dial: func(ctx context.Context, address string, settings *tls.Config, config *quic.Config) (*quic.Conn, error) {
			connection, err := quic.DialAddrEarly(ctx, address, settings, config)
			self.connection = connection
			return connection, err
		},
	}
	self.http = http.Client{Transport: transport}
	self.handshake()
	self.get("page", "/index.html")
	self.get("24 MiB down", "/stream")
	self.head()
	self.notFound()
	self.upload()
	self.manyStreams()
	if err := transport.Close(); err != nil { // H3_NO_ERROR
		fail(err)
	}
}

func (self *client) do(method, path string, body io.Reader) (*http.Response, []byte) {
	request, err := http.NewRequest(method, self.origin+path, body)
	if err != nil {
		fail(err)
	}
	response, err := self.http.Do(request)
	if err != nil {
		fail(fmt.Errorf("%s %s: %w", method, path, err))
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		fail(fmt.Errorf("%s %s: %w", method, path, err))
	}
	return response, content
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (self *client) handshake() {
	response, _ := self.do("GET", "/api/connection", nil)
	leaf := response.TLS.PeerCertificates[0]
	say(map[string]any{
		"did": "handshake", "group": response.TLS.CurveID.String(), "protocol": response.TLS.NegotiatedProtocol,
		"certificate": leaf.PublicKeyAlgorithm.String(), "signedWith": leaf.SignatureAlgorithm.String(),
		"version": self.connection.ConnectionState().Version.String(),
	})
}

func (self *client) get(did, path string) {
	response, content := self.do("GET", path, nil)
	say(map[string]any{"did": did, "status": response.StatusCode, "bytes": len(content), "sha256": digest(content)})
}

func (self *client) head() {
	response, content := self.do("HEAD", "/index.html", nil)
	say(map[string]any{"did": "HEAD", "status": response.StatusCode, "bytes": len(content), "length": response.ContentLength})
}

func (self *client) notFound() {
	response, _ := self.do("GET", "/not/here", nil)
	say(map[string]any{"did": "404", "status": response.StatusCode})
}

func (self *client) upload() {
	sent := make([]byte, uploadBytes)
	rand.New(rand.NewSource(1)).Read(sent)
	response, content := self.do("POST", "/echo", bytes.NewReader(sent))
	say(map[string]any{"did": "upload", "status": response.StatusCode, "same": bytes.Equal(sent, content)})
}

// manyStreams asks for more at once than a server allows to be open, so that streams have to be given out again.
func (self *client) manyStreams() {
	var group sync.WaitGroup
	good := make(chan struct{}, streams)
	for range streams {
		group.Go(func() {
			if response, _ := self.do("GET", "/index.html", nil); response.StatusCode == http.StatusOK {
				good <- struct{}{}
			}
		})
	}
	group.Wait()
	say(map[string]any{"did": "many streams", "asked": streams, "good": len(good)})
}
