;; Imports a function that WASI's interface does not have.
;; expect: refused instance export `get-secrets` has the wrong type
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "initial-cwd" (func (result (option string))))
    (export "get-secrets" (func (result string)))))
)
