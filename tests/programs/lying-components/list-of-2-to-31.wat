;; Returns a list of 2^31 bytes, which its memory of one page does not have.
;; expect: trap list pointer/length out of bounds of memory
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (i32.const 0x80000000))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result (list u8))
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
