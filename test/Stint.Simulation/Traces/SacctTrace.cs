namespace Stint.Simulation.Traces;
public static class SacctTrace { public static IEnumerable<TraceJob> Read(string header, TextReader reader) => throw new FormatException(); }
