;; Returns the eighth case of a variant that has two.
;; expect: trap discriminant
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store8 (i32.const 16) (i32.const 7))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result (result u32 (error u32)))
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
