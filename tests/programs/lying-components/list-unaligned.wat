;; Returns a list of numbers at an odd address.
;; expect: trap list pointer is not aligned
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 33))
      (i32.store (i32.const 20) (i32.const 1))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result (list u32))
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
