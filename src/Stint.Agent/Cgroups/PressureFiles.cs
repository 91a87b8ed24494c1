using System.Globalization;
using Google.Protobuf.Collections;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>PSI as the kernel writes it (Documentation/accounting/psi.rst). A file that is not there, or a kernel that was started with psi=0, adds nothing.</summary>
internal static class PressureFiles
{
    private static readonly string[] Resources = ["cpu", "memory", "io"];

    public static void AddNode(RepeatedField<Pressure> to, IGroupFiles files)
    {
        foreach (var resource in Resources) Add(to, "node", resource, $"/proc/pressure/{resource}", files);
    }

    public static void AddGroup(RepeatedField<Pressure> to, string scope, string directory, IGroupFiles files)
    {
        foreach (var resource in Resources) Add(to, scope, resource, $"{directory}/{resource}.pressure", files);
    }

    private static void Add(RepeatedField<Pressure> to, string scope, string resource, string file, IGroupFiles files)
    {
        if (files.Read(file, out var text) == 0 && Parse(text) is { } pressure)
        {
            (pressure.Scope, pressure.Resource) = (scope, resource);
            to.Add(pressure);
        }
    }

    /// <summary>Null: not the format.</summary>
    public static Pressure? Parse(string text)
    {
        var pressure = new Pressure();
        var any = false;
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 5) continue;
            var (ten, sixty, total) = (Hundredths(fields, "avg10="), Hundredths(fields, "avg60="), Value(fields, "total="));
            var us = ulong.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            if (fields[0] == "some") (pressure.Some10S, pressure.Some60S, pressure.SomeUs, any) = (ten, sixty, us, true);
            else if (fields[0] == "full") (pressure.Full10S, pressure.Full60S, pressure.FullUs, any) = (ten, sixty, us, true);
        }
        return any ? pressure : null;
    }

    private static uint Hundredths(string[] fields, string name) =>
        decimal.TryParse(Value(fields, name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) ? (uint)(percent * 100) : 0;

    private static string Value(string[] fields, string name) => fields.FirstOrDefault(f => f.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "";
}
