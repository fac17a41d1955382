;; Writes a line of the sixth of five levels.
;; expect: trap discriminant
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
    (func (export "f") (call $log (i32.const 5) (i32.const 0) (i32.const 0))))
  (core instance $i (instantiate $m (with "" (instance (export "log" (func $log))))))
  (func (export "f") (canon lift (core func $i "f")))
)
