;; Returns a list that begins in its memory and ends beyond it.
;; expect: trap list pointer/length out of bounds of memory
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 65000))
      (i32.store (i32.const 20) (i32.const 1000))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result (list u8))
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
