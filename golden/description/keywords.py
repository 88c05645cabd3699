"""Words that no module may be called: keywords of Verilog-2005 and common SystemVerilog."""

KEYWORDS = frozenset(
    """
    always and assign automatic begin bit buf bufif0 bufif1 byte case casex casez cell class cmos
    config const deassign default defparam design disable do edge else end endcase endclass
    endconfig endfunction endgenerate endinterface endmodule endpackage endprimitive endspecify
    endtable endtask enum event export final for force forever fork function generate genvar
    highz0 highz1 if ifnone import incdir include initial inout input instance int integer
    interface join large liblist library localparam logic longint macromodule medium module nand
    negedge nmos nor noshowcancelled not notif0 notif1 or output package packed parameter pmos
    posedge primitive program property pull0 pull1 pulldown pullup pulsestyle_ondetect
    pulsestyle_onevent rcmos real realtime reg release repeat return rnmos rpmos rtran rtranif0
    rtranif1 scalared sequence shortint shortreal showcancelled signed small specify specparam
    static string strong0 strong1 struct supply0 supply1 table task this time tran tranif0 tranif1
    tri tri0 tri1 triand trior trireg type typedef union unsigned use var vectored virtual void
    wait wand weak0 weak1 while wire with wor xnor xor
    """.split()
)
