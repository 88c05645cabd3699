`define LANE(bus, i) bus[WIDTH*(i) +: WIDTH]
