//! tonic, as the benchmark's contestant.

use std::pin::Pin;
use std::time::Instant;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

mod greeter {
    include!(concat!(env!("OUT_DIR"), "/greeter.v1.Greeter.rs"));
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SayHelloRequest {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SayHelloTimesRequest {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, tag = "2")]
    pub times: u32,
    #[prost(uint32, tag = "3")]
    pub interval_ms: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SayHelloResponse {
    #[prost(string, tag = "1")]
    pub message: String,
}

type Replies = Pin<Box<dyn Stream<Item = Result<SayHelloResponse, Status>> + Send>>;

fn greet(name: &str) -> SayHelloResponse {
    SayHelloResponse { message: format!("Hello {name}") }
}

/// The service; with logging if it is observed.
#[derive(Clone, Copy)]
struct Greeter {
    is_observed: bool,
}

#[tonic::async_trait]
impl greeter::greeter_server::Greeter for Greeter {
    async fn say_hello(
        &self,
        request: Request<SayHelloRequest>,
    ) -> Result<Response<SayHelloResponse>, Status> {
        let start = Instant::now();
        let reply = greet(&request.get_ref().name);
        if self.is_observed {
            let ms = start.elapsed().as_secs_f64() * 1000.0;
            eprintln!(r#"{{"method":"/greeter.v1.Greeter/SayHello","code":0,"durationMs":{ms}}}"#);
        }
        Ok(Response::new(reply))
    }

    type SayHelloTimesStream = Replies;

    async fn say_hello_times(
        &self,
        request: Request<SayHelloTimesRequest>,
    ) -> Result<Response<Replies>, Status> {
        let request = request.into_inner();
        let replies = (0..request.times).map(move |_| Ok(greet(&request.name)));
        Ok(Response::new(Box::pin(tokio_stream::iter(replies))))
    }

    type ChatStream = Replies;

    async fn chat(
        &self,
        request: Request<Streaming<SayHelloRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let requests = request.into_inner();
        Ok(Response::new(Box::pin(requests.map(|each| each.map(|each| greet(&each.name))))))
    }
}

/// The interceptor: looks at one field of the request and goes on.
fn intercept(mut request: Request<()>) -> Result<Request<()>, Status> {
    if let Some(id) = request.metadata().get("x-request-id").cloned() {
        request.extensions_mut().insert(id);
    }
    Ok(request)
}

fn tls() -> Option<ServerTlsConfig> {
    let read = |name: &str| std::env::var(name).ok().map(|path| std::fs::read(path).unwrap());
    let identity = Identity::from_pem(read("BENCH_CERT")?, read("BENCH_KEY")?);
    let config = ServerTlsConfig::new().identity(identity);
    Some(match read("BENCH_CA") {
        Some(ca) => config.client_ca_root(Certificate::from_pem(ca)),
        None => config,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use greeter::greeter_server::GreeterServer;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let mut server = Server::builder();
    if let Some(config) = tls() {
        server = server.tls_config(config)?;
    }
    let incoming = TcpListenerStream::new(listener).map(|socket| {
        let socket = socket?;
        socket.set_nodelay(true)?;
        Ok::<_, std::io::Error>(socket)
    });
    let is_observed = std::env::var("BENCH_OBSERVED").is_ok();
    let greeter = Greeter { is_observed };
    let router = if is_observed {
        server.add_service(GreeterServer::with_interceptor(greeter, intercept))
    } else {
        server.add_service(GreeterServer::new(greeter))
    };
    router.serve_with_incoming(incoming).await?;
    Ok(())
}
