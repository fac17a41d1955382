;; Has lists within lists, a thousand levels, for those who follow types by recursion.
;; expect: refused type nesting is too deep
(component
  (type $t0 (list u8))
;; repeat 1000
  (type (list @))
;; end
)
