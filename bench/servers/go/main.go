// grpc-go, as the benchmark's contestant.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"bench/greeterv1"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type greeter struct {
	greeterv1.UnimplementedGreeterServer
}

func greet(name string) *greeterv1.SayHelloResponse {
	return &greeterv1.SayHelloResponse{Message: "Hello " + name}
}

func (greeter) SayHello(_ context.Context, request *greeterv1.SayHelloRequest) (*greeterv1.SayHelloResponse, error) {
	return greet(request.Name), nil
}

func (greeter) SayHelloTimes(request *greeterv1.SayHelloTimesRequest, stream greeterv1.Greeter_SayHelloTimesServer) error {
	for range request.Times {
		if err := stream.Send(greet(request.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (greeter) Chat(stream greeterv1.Greeter_ChatServer) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(greet(request.Name)); err != nil {
			return err
		}
	}
}

// logCall writes a line about each call.
func logCall(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	start := time.Now()
	reply, err := next(ctx, request)
	ms := float64(time.Since(start).Microseconds()) / 1000
	fmt.Fprintf(os.Stderr, "{\"method\":%q,\"code\":%d,\"durationMs\":%v}\n", info.FullMethod, status.Code(err), ms)
	return reply, err
}

type requestID struct{}

// intercept looks at one field of the request and goes on.
func intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	fields, _ := metadata.FromIncomingContext(ctx)
	if ids := fields.Get("x-request-id"); len(ids) > 0 {
		ctx = context.WithValue(ctx, requestID{}, ids[0])
	}
	return next(ctx, request)
}

func loadTLS() (credentials.TransportCredentials, error) {
	certificate, err := tls.LoadX509KeyPair(os.Getenv("BENCH_CERT"), os.Getenv("BENCH_KEY"))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if path := os.Getenv("BENCH_CA"); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return credentials.NewTLS(config), nil
}

func main() {
	var options []grpc.ServerOption
	if os.Getenv("BENCH_CERT") != "" {
		credentials, err := loadTLS()
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(credentials))
	}
	if os.Getenv("BENCH_OBSERVED") != "" {
		options = append(options, grpc.ChainUnaryInterceptor(logCall, intercept))
	}
	server := grpc.NewServer(options...)
	greeterv1.RegisterGreeterServer(server, greeter{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
