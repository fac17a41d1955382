;; Returns a list whose length in bytes is zero if it is computed in 32 bits: 2^30 elements of 16 bytes.
;; expect: trap list pointer/length out of bounds of memory
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (i32.const 0x40000000))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result (list (tuple u64 u64)))
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
