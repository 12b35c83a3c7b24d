import COneDNN
import LinearAlgebra

/// oneDNN's engine and stream on the processor.
///
/// Everything that is compiled for it keeps it alive. One engine serves one network; the stream runs
/// each primitive to its end before the next.
final class Engine {
  let engine: dnnl_engine_t
  let stream: dnnl_stream_t

  init() throws {
    // oneDNN leaves out what threads would do that OpenMP does not give.
    Threads.use(Threads.count)
    var engine: dnnl_engine_t?
    try check(dnnl_engine_create(&engine, dnnl_cpu, 0), "the processor's engine")
    guard let engine else {
      throw NeuralNetworkError.primitiveFailed(what: "the processor's engine", status: -1)
    }
    self.engine = engine
    var stream: dnnl_stream_t?
    let status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue)
    guard status == dnnl_success, let stream else {
      dnnl_engine_destroy(engine)
      throw NeuralNetworkError.primitiveFailed(what: "a stream", status: Int(status.rawValue))
    }
    self.stream = stream
  }

  deinit {
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(engine)
  }
}

func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) throws {
  guard status == dnnl_success else {
    throw NeuralNetworkError.primitiveFailed(what: what(), status: Int(status.rawValue))
  }
}
