;; Gives an output stream back as an input stream.
;; expect: trap handle index 1 used with the wrong type
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $e))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output (sub resource)))
    (export "input-stream" (type (sub resource)))
    (alias outer 1 $e (type $e'))
    (type $stream-error' (variant (case "last-operation-failed" (own $e')) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.check-write" (func (param "self" (borrow $output)) (result (result u64 (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (alias export $streams "input-stream" (type $input))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout (export "get-stdout" (func (result (own $output))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $check (canon lower (func $streams "[method]output-stream.check-write") (memory (core memory $memory "memory"))))
  (core func $drop (canon resource.drop $output))
  (core func $drop-input (canon resource.drop $input))
  (core module $m
    (import "" "get" (func $get (result i32)))
    (import "" "check" (func $check (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "drop-input" (func $drop-input (param i32)))
    (func (export "f") (local $h i32)
      (call $drop-input (call $get))
    ))
  (core instance $i (instantiate $m (with "" (instance
    (export "get" (func $get)) (export "check" (func $check))
    (export "drop" (func $drop)) (export "drop-input" (func $drop-input))))))
  (func (export "f") (canon lift (core func $i "f")))
)
