using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Reservations;

namespace Stint.Core.Tests.Reservations;

internal static class ReservationLab
{
    public const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    /// <summary>For Alice, whole nodes, in an hour for an hour, unless told otherwise.</summary>
    public static ReservationSpec Spec(this Lab lab, string nodes, Action<ReservationSpec>? with = null)
    {
        var start = lab.Now.Milliseconds + Hour;
        var spec = new ReservationSpec { Name = "r", StartMs = start, EndMs = start + Hour, Nodes = nodes, Users = { "alice" } };
        with?.Invoke(spec);
        return spec;
    }

    public static Reservation Reserve(this Lab lab, string nodes, Action<ReservationSpec>? with = null, IReadOnlyList<uint>? cores = null)
    {
        var decision = lab.Try(new MakeReservation(lab.Spec(nodes, with), Lab.Root, cores));
        Assert.True(decision.Refusal is null, $"{decision.Refusal}");
        return lab.Cluster.Reservations[decision.Records.Single(record => record.ReservationMade is not null).ReservationMade.Spec.Name];
    }

    /// <summary>It starts now.</summary>
    public static Reservation ReserveNow(this Lab lab, string nodes, Action<ReservationSpec>? with = null, IReadOnlyList<uint>? cores = null) =>
        lab.Reserve(nodes, spec =>
        {
            (spec.StartMs, spec.EndMs) = (lab.Now.Milliseconds, lab.Now.Milliseconds + Hour);
            with?.Invoke(spec);
        }, cores);

    public static Refusal RefusedReservation(this Lab lab, string nodes, Action<ReservationSpec>? with = null) =>
        lab.Refused(new MakeReservation(lab.Spec(nodes, with), Lab.Root));

    public static void Inside(this JobSpec spec, string name = "r") => spec.Reservation = name;

    public static void OfBob(this JobSpec spec) => (spec.Uid, spec.User, spec.Group) = (Lab.Bob, "bob", "bob");

    public static JobState StateOf(this Lab lab, uint id) => lab.Job(id).State;

    public static string NodesOf(this Lab lab, uint id) => string.Join(',', lab.Job(id).Shares.Select(share => share.Node));

    public static Lab Later(this Lab lab, long ms) => lab.After(TimeSpan.FromMilliseconds(ms)).Tick();

    public static Gres Gpus(uint count, string type = "a100")
    {
        var gres = new Gres { Name = "gpu", Type = type, Count = count };
        for (var i = 0u; i < count; i++) gres.Units.Add(new GresUnit { Index = i });
        return gres;
    }

    public static Lab GpuNode(this Lab lab, string name, uint gpus, uint cpus = 8)
    {
        var registration = Lab.Registration(name, cpus);
        registration.Hardware.Gpus = gpus;
        registration.Hardware.Gres.Add(Gpus(gpus));
        lab.Do(new RegisterNode(registration));
        return lab;
    }
}
