"""The greeter in Python, with its own reflection and health: a server that is not ours.

Its arguments are the folder with the generated code, and the names of the services to tell of. It
prints its port, and serves until its standard input ends.
"""

import sys
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

sys.path.insert(0, sys.argv[1])

from greeter.v1 import greeter_pb2, greeter_pb2_grpc  # noqa: E402


class Greeter(greeter_pb2_grpc.GreeterServicer):
    def SayHello(self, request, context):
        if request.name == "fail":
            context.abort(grpc.StatusCode.OUT_OF_RANGE, "too far")
        return greeter_pb2.SayHelloResponse(message=f"Hello {request.name}")

    def SayHelloTimes(self, request, context):
        for _ in range(request.times):
            yield greeter_pb2.SayHelloResponse(message=f"Hello {request.interval_ms}")

    def SayHelloToAll(self, requests, context):
        names = ", ".join(request.name for request in requests)
        return greeter_pb2.SayHelloResponse(message=f"Hello {names}")

    def Chat(self, requests, context):
        for request in requests:
            yield greeter_pb2.SayHelloResponse(message=f"Hello {request.name}")


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
greeter_pb2_grpc.add_GreeterServicer_to_server(Greeter(), server)
statuses = health.HealthServicer()
statuses.set("sick", health_pb2.HealthCheckResponse.NOT_SERVING)
health_pb2_grpc.add_HealthServicer_to_server(statuses, server)
reflection.enable_server_reflection(sys.argv[2:], server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(None).wait()
