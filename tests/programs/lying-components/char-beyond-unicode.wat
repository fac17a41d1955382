;; Returns a number beyond Unicode as a character.
;; expect: trap converted integer out of range for `char`
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32) (i32.const 0x110000))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result char)
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
