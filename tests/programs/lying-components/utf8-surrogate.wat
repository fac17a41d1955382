;; Returns half of a surrogate pair, encoded like UTF-8, as a string.
;; expect: trap utf-8
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 32) "\ed\a0\80")
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 32))
      (i32.store (i32.const 20) (i32.const 3))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
