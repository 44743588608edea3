//! Generates the service of `greeter/v1/greeter.proto`. It is spelled out here, and its messages in
//! `src/main.rs`, so that the build needs no protoc.

use tonic_build::manual::{Builder, Method, Service};

const CODEC: &str = "tonic_prost::ProstCodec";

fn method(name: &str, route: &str, input: &str) -> tonic_build::manual::MethodBuilder {
    Method::builder()
        .name(name)
        .route_name(route)
        .input_type(format!("crate::{input}"))
        .output_type("crate::SayHelloResponse")
        .codec_path(CODEC)
}

fn main() {
    let greeter = Service::builder()
        .name("Greeter")
        .package("greeter.v1")
        .method(method("say_hello", "SayHello", "SayHelloRequest").build())
        .method(
            method("say_hello_times", "SayHelloTimes", "SayHelloTimesRequest")
                .server_streaming()
                .build(),
        )
        .method(
            method("chat", "Chat", "SayHelloRequest")
                .client_streaming()
                .server_streaming()
                .build(),
        )
        .build();
    Builder::new().build_client(false).compile(&[greeter]);
}
