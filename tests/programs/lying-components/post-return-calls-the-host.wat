;; Calls the host when it should only free its result.
;; expect: trap cannot leave component instance
(component
  (import "vesicle:plugin/log@0.1.0" (instance $log
    (type $level' (enum "trace" "debug" "info" "warn" "error"))
    (export "level" (type $level (eq $level')))
    (export "log" (func (param "level" $level) (param "message" string)))))
  (core module $memory (memory (export "memory") 400))
  (core instance $memory (instantiate $memory))
  (core func $log (canon lower (func $log "log") (memory (core memory $memory "memory"))))
  (core module $m
    (import "" "log" (func $log (param i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "f") (result i32) (i32.const 7))
    (func (export "after") (param i32) (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "log" (func $log))))))
  (func (export "f") (result u32)
    (canon lift (core func $i "f") (post-return (core func $i "after"))))
)
