// The benchmark's client for what h2load cannot do: streams, an open loop, client certificates and
// connections that idle. It speaks gRPC on raw HTTP/2 frames and shares code with no contestant.
// What it found is one line of JSON.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

type options struct {
	mode, path           string
	contentType          string
	port, reply          int
	connections, streams int
	times, window        int
	rate                 float64
	warmUp, duration     time.Duration
	body                 []byte
	tls                  *tls.Config
}

type result struct {
	Seconds  float64 `json:"seconds"`
	Calls    int64   `json:"calls"`
	Messages int64   `json:"messages"`
	Failures int64   `json:"failures"`
	// Of an open loop, in microseconds.
	P50  int64 `json:"p50,omitempty"`
	P99  int64 `json:"p99,omitempty"`
	P999 int64 `json:"p999,omitempty"`
	// Why it ended early.
	Error string `json:"error,omitempty"`
}

func main() {
	log.SetFlags(0)
	options := readOptions()
	switch options.mode {
	case "idle":
		stayIdle(options)
	case "open-loop":
		print(measureOpenLoop(options))
	case "bidi":
		print(measureClosedLoop(options, bidi{options}))
	case "closed-loop":
		print(measureClosedLoop(options, closedLoop{options}))
	default:
		log.Fatalf("unknown mode %q", options.mode)
	}
}

func readOptions() *options {
	o := &options{}
	flag.StringVar(&o.mode, "mode", "closed-loop", "closed-loop, bidi, open-loop or idle")
	flag.StringVar(&o.path, "path", "", "path of the method")
	flag.StringVar(&o.contentType, "content-type", "application/grpc+proto", "content type of requests")
	flag.IntVar(&o.port, "port", 0, "port on the loopback")
	flag.IntVar(&o.reply, "reply", 0, "bytes of each reply")
	flag.IntVar(&o.connections, "connections", 1, "connections")
	flag.IntVar(&o.streams, "streams", 1, "calls at a time on each connection")
	flag.IntVar(&o.times, "times", 1, "messages of each bidi call")
	flag.IntVar(&o.window, "window", 1, "messages under way on each bidi call")
	flag.Float64Var(&o.rate, "rate", 0, "calls a second of an open loop")
	flag.DurationVar(&o.warmUp, "warm-up", 0, "how long not to measure")
	flag.DurationVar(&o.duration, "duration", time.Second, "how long to measure")
	body := flag.String("body", "", "file of a request's message with its prefix")
	ca := flag.String("ca", "", "CA's certificate, for TLS")
	cert := flag.String("cert", "", "client's certificate")
	key := flag.String("key", "", "client's key")
	flag.Parse()
	if *body != "" {
		o.body = read(*body)
	}
	if *ca != "" {
		o.tls = &tls.Config{ServerName: "localhost", NextProtos: []string{"h2"}, RootCAs: x509.NewCertPool()}
		o.tls.RootCAs.AppendCertsFromPEM(read(*ca))
	}
	if *cert != "" {
		pair, err := tls.X509KeyPair(read(*cert), read(*key))
		if err != nil {
			log.Fatal(err)
		}
		o.tls.Certificates = []tls.Certificate{pair}
	}
	return o
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func print(r result) { json.NewEncoder(os.Stdout).Encode(r) }

// connect opens all connections; what ends one of them too early goes to the channel.
func connect(o *options, work workload, bufferBytes int) ([]*connection, chan error) {
	broken := make(chan error, o.connections)
	connections := make([]*connection, o.connections)
	for i := range connections {
		c, err := dial(o, work, bufferBytes)
		if err != nil {
			log.Fatal(err)
		}
		connections[i] = c
		go func() { broken <- c.run() }()
	}
	return connections, broken
}

// sum adds up what all connections have counted.
func sum(connections []*connection) (r result) {
	for _, c := range connections {
		r.Calls += c.calls.Load()
		r.Messages += c.messages.Load()
		r.Failures += c.failures.Load()
	}
	return r
}

func measureClosedLoop(o *options, work workload) result {
	connections, broken := connect(o, work, 1<<17)
	var failure error
	wait := func(duration time.Duration) {
		select {
		case failure = <-broken:
		case <-time.After(duration):
		}
	}
	wait(o.warmUp)
	start, before := time.Now(), sum(connections)
	if failure == nil {
		wait(o.duration)
	}
	after := sum(connections)
	r := result{
		Seconds:  time.Since(start).Seconds(),
		Calls:    after.Calls - before.Calls,
		Messages: after.Messages - before.Messages,
		Failures: after.Failures,
	}
	return finish(r, connections, failure)
}

func measureOpenLoop(o *options) result {
	connected := make(chan struct{}, o.connections)
	work := &openLoop{options: o, connected: connected, waiting: map[*connection][]time.Time{}}
	connections, broken := connect(o, work, 1<<17)
	for range connections {
		select {
		case err := <-broken:
			return finish(result{}, nil, err)
		case <-connected:
		}
	}
	paced := make(chan struct{})
	go func() {
		work.pace(connections)
		close(paced)
	}()
	var failure error
	select {
	case failure = <-broken:
	case <-paced:
	}
	r := sum(connections)
	r.Failures += int64(work.open(connections))
	work.mutex.Lock()
	r.P50, r.P99, r.P999 = work.percentile(.5), work.percentile(.99), work.percentile(.999)
	work.mutex.Unlock()
	return finish(r, connections, failure)
}

func finish(r result, connections []*connection, failure error) result {
	if failure != nil {
		r.Error = failure.Error()
	}
	for _, c := range connections {
		c.close()
	}
	return r
}

// stayIdle holds connections until its input ends.
func stayIdle(o *options) {
	connected := make(chan struct{}, o.connections)
	connections, broken := connect(o, idle{connected}, 1<<10)
	for range connections {
		select {
		case err := <-broken:
			log.Fatal(err)
		case <-connected:
		}
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	finish(result{}, connections, nil)
}
