"""Calls the service of wide_service.ts by grpcio, with the code that grpcio-tools has generated from
its .proto files: `wide_client.py <folder of the code> <address> <request of Echo in JSON>`. Prints what
it got, as JSON by method."""

import json
import sys

folder, address, wide_json = sys.argv[1:]
sys.path.insert(0, folder)

import grpc
from google.protobuf import empty_pb2, json_format
from greeter.v1 import greeter_pb2
from wide.v1 import wide_pb2, wide_pb2_grpc


def to_json(message):
    return json.loads(json_format.MessageToJson(message))


def main():
    results = {}
    with grpc.insecure_channel(address) as channel:
        stub = wide_pb2_grpc.Wide2ServiceStub(channel)
        timeout = {"timeout": 20}

        wide = json_format.Parse(wide_json, wide_pb2.Wide())
        reply = stub.Echo(wide, **timeout)
        results["echo"] = to_json(reply)
        results["same"] = reply == wide
        results["default"] = wide_pb2.Wide().times

        request = wide_pb2.CountRequest(to=3, color=wide_pb2.COLOR_DARK_RED)
        results["count"] = [reply.number for reply in stub.Count(request, **timeout)]

        values = (wide_pb2.SumRequest(value=value) for value in (2**53 + 1, -1))
        results["sum"] = str(stub.Sum(values, **timeout).value)

        trees = (wide_pb2.Tree(label=label) for label in "ab")
        results["turn"] = [reply.label for reply in stub.Turn(trees, **timeout)]

        hello = greeter_pb2.SayHelloRequest(name="you")
        results["hello"] = stub.SayHello(hello, **timeout).message

        shape = wide_pb2.Shape(circle=wide_pb2.ShapeCircle(radius=2))
        results["scale"] = to_json(stub.Scale(shape, **timeout))

        results["ping"] = to_json(stub.Ping(empty_pb2.Empty(), **timeout))

        try:
            list(stub.Count(wide_pb2.CountRequest(to=101, color=wide_pb2.COLOR_RED), **timeout))
        except grpc.RpcError as error:
            results["refused"] = [error.code().name, error.details()]
    print(json.dumps(results))


main()
