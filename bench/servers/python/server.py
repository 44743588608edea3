"""Python's grpc.aio, as the benchmark's contestant."""

import asyncio
import json
import os
import sys
import time

import grpc
from greeter.v1 import greeter_pb2, greeter_pb2_grpc


def greet(name):
    return greeter_pb2.SayHelloResponse(message="Hello " + name)


class Greeter(greeter_pb2_grpc.GreeterServicer):
    async def SayHello(self, request, context):
        return greet(request.name)

    async def SayHelloTimes(self, request, context):
        for _ in range(request.times):
            yield greet(request.name)

    async def Chat(self, requests, context):
        async for request in requests:
            yield greet(request.name)


class Log(grpc.aio.ServerInterceptor):
    """Writes a line about each call."""

    async def intercept_service(self, continuation, details):
        handler = await continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler

        async def call(request, context):
            start = time.perf_counter()
            reply = await handler.unary_unary(request, context)
            ms = (time.perf_counter() - start) * 1000
            line = {"method": details.method, "code": 0, "durationMs": ms}
            print(json.dumps(line), file=sys.stderr)
            return reply

        return grpc.unary_unary_rpc_method_handler(
            call, handler.request_deserializer, handler.response_serializer
        )


class Intercept(grpc.aio.ServerInterceptor):
    """Looks at one field of the request and goes on."""

    async def intercept_service(self, continuation, details):
        dict(details.invocation_metadata).get("x-request-id", "")
        return await continuation(details)


def read(name):
    path = os.environ.get(name)
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


async def main():
    interceptors = [Log(), Intercept()] if "BENCH_OBSERVED" in os.environ else []
    server = grpc.aio.server(interceptors=interceptors)
    greeter_pb2_grpc.add_GreeterServicer_to_server(Greeter(), server)
    certificate = read("BENCH_CERT")
    if certificate is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        authority = read("BENCH_CA")
        credentials = grpc.ssl_server_credentials(
            [(read("BENCH_KEY"), certificate)], authority, authority is not None
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


asyncio.run(main())
