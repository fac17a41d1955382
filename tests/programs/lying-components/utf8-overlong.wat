;; Returns an overlong encoding of a slash as a string, as for `../`.
;; expect: trap utf-8
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 32) "..\c0\af")
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 32))
      (i32.store (i32.const 20) (i32.const 4))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
