;; Hands the host arguments that are no UTF-8.
;; expect: trap utf-8
(component
  (import "vesicle:plugin/types@0.1.0" (instance $types
    (type $later' (record (field "message" string) (field "retry-after-ms" (option u32))))
    (export "later" (type $later (eq $later')))
    (type $error' (variant
      (case "denied" string) (case "not-found" string) (case "invalid-input" string)
      (case "limit-exceeded" string) (case "rate-limited" $later) (case "unavailable" $later)
      (case "timeout" string) (case "upstream" string) (case "failed" string)))
    (export "error" (type (eq $error')))))
  (alias export $types "error" (type $error))
  (import "vesicle:plugin/tool-call@0.1.0" (instance $tools
    (alias outer 1 $error (type $error'))
    (export "error" (type $error (eq $error')))
    (export "start" (func (param "name" string) (param "arguments" string) (result (result u32 (error $error)))))))
  (core module $memory
    (memory (export "memory") 400)
    (data (i32.const 64) "test.hang{}")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $memory (instantiate $memory))
  (core func $start (canon lower (func $tools "start") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "" "start" (func $start (param i32 i32 i32 i32 i32)))
    (import "" "memory" (memory 400))
    (func (export "f") (result i32)
      (i32.store8 (i32.const 73) (i32.const 0xff))
      (call $start (i32.const 64) (i32.const 9) (i32.const 73) (i32.const 2) (i32.const 0))
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "start" (func $start)) (export "memory" (memory $memory "memory"))))))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
)
