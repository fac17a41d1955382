;; Returns a string that lies over the pointer and the length that tell where it is. It is copied once and is what was there.
;; expect: value [String("\u{10}\0\0\0\u{8}\0\0\0")]
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 16))
      (i32.store (i32.const 20) (i32.const 8))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
