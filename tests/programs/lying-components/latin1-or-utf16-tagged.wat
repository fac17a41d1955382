;; Returns a string whose length says, by its highest bit, that it is UTF-16, of more units than there are.
;; expect: trap out of bounds of memory
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 32))
      (i32.store (i32.const 20) (i32.const 0xffffffff))
      (i32.const 16))
  )
  (core instance $i (instantiate $m))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory")) string-encoding=latin1+utf16))
)
