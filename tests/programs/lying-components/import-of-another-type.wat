;; Imports a function of WASI as one of another type.
;; expect: refused the component imports something that is of another type here
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "get-environment" (func (result u32)))))
)
