;; Imports what is named almost like WASI and like capabilities of ours: nothing is linked by a name that is not its own, and all that is missing is named.
;; expect: refused nobody provides here: wasi:filesystems/preopens@0.2.0, wasi:cli/environment@0.3.0, vesicle:plugins/state@0.1.0, vesicle:plugin/state, environment
(component
  (import "wasi:cli/environment@0.2.0" (instance (export "initial-cwd" (func (result (option string))))))
  (import "wasi:cli/environment@0.2.99" (instance (export "initial-cwd" (func (result (option string))))))
  (import "wasi:filesystems/preopens@0.2.0" (instance (export "get-directories" (func))))
  (import "wasi:cli/environment@0.3.0" (instance (export "initial-cwd" (func))))
  (import "vesicle:plugins/state@0.1.0" (instance (export "delete" (func (param "key" string) (result bool)))))
  (import "vesicle:plugin/state" (instance (export "delete" (func (param "key" string) (result bool)))))
  (import "environment" (func))
)
