;; Returns half of a surrogate pair as a string in UTF-16.
;; expect: trap unpaired surrogate
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 32) "\00\d8")
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 32))
      (i32.store (i32.const 20) (i32.const 1))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory")) string-encoding=utf16))
)
