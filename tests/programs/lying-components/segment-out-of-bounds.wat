;; Has data that does not fit into its memory.
;; expect: trap out of bounds memory access
(component
  (core module $m
    (memory 1)
    (data (i32.const 65535) "ab")
    (func (export "f") ))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
