using Google.Protobuf;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Snapshots;

public sealed class SnapshotTests
{
    /// <summary>Something of everything.</summary>
    private static Lab Busy()
    {
        var lab = new Lab().Nodes("n1", "n2");
        lab.Finish(lab.Run(s => s.ClientToken = "t"));
        var running = lab.Run(s => s.NodesMin = 2);
        lab.ReportStart(running);
        lab.Do(new CreateStep(running, new StepSpec { Name = "s", Tasks = 1 }, Lab.User(Lab.Alice)));
        var array = lab.SubmitArray(0, 9, throttle: 2);
        lab.Schedule();
        lab.Finish(lab.Task(array, 0).Id, exit: 1);
        lab.Submit(s => s.Dependencies.Add(Lab.On("afterany", array)));
        lab.Submit(s => s.Held = true);
        lab.Do(new CancelJob(running, null, Lab.Root));
        lab.ReportReleased(running, "n2");
        lab.Do(new UpdateNode("n2", Lab.Root, true, null, "fan"));
        lab.Do(new IssueToken("h", lab.Now.Milliseconds + 1000, Lab.Root, "n9", "join"));
        lab.Do(new UseToken("h", "n9", "AA"));
        return lab;
    }

    [Fact]
    public void A_snapshot_loads_to_the_same_state()
    {
        var lab = Busy();
        var snapshot = Snapshot.Parser.ParseFrom(lab.Cluster.ToSnapshot(42).ToByteArray());
        var loaded = Cluster.FromSnapshot(snapshot);
        loaded.Audit();
        Assert.Equal(lab.Cluster.StateHash(), loaded.StateHash());
        Assert.Equal(lab.Cluster.ToSnapshot(42), loaded.ToSnapshot(42));
        Assert.Equal(42, snapshot.LastSequence);
    }

    [Fact]
    public void Its_bytes_load_to_the_same_state()
    {
        var lab = Busy();
        var loaded = Cluster.FromSnapshot(lab.Cluster.ToSnapshot(42).ToByteArray(), out var last);
        loaded.Audit();
        Assert.Equal((42, lab.Cluster.StateHash()), (last, loaded.StateHash()));
    }

    [Fact]
    public void An_image_that_is_read_into_again_has_nothing_of_the_former_job()
    {
        var image = new JobImage();
        foreach (var field in JobImage.Descriptor.Fields.InDeclarationOrder().Where(static field => !field.IsRepeated))
            field.Accessor.SetValue(image, field.FieldType switch
            {
                Google.Protobuf.Reflection.FieldType.Message => new JobSpec { Name = "x" }, Google.Protobuf.Reflection.FieldType.String => "x", Google.Protobuf.Reflection.FieldType.Bool => true,
                Google.Protobuf.Reflection.FieldType.UInt32 => 1u, Google.Protobuf.Reflection.FieldType.UInt64 or Google.Protobuf.Reflection.FieldType.Fixed64 => 1ul, Google.Protobuf.Reflection.FieldType.Int64 => 1L,
                Google.Protobuf.Reflection.FieldType.Enum => EndKind.EndFailed, _ => 1,
            });
        Assert.NotEqual(new JobImage(), image);
        Assert.True(image.TryReset());
        Assert.Equal(new JobImage().ToByteArray(), image.ToByteArray());
        image.Shares.Add(new NodeShare());
        Assert.False(image.TryReset());
    }

    [Fact]
    public void Bytes_that_are_cut_short_are_no_snapshot()
    {
        var body = Busy().Cluster.ToSnapshot(42).ToByteArray();
        for (var length = 1; length < body.Length; length += 7)
            try { Cluster.FromSnapshot(body.AsSpan(0, length), out _); }
            catch (Exception e) when (e is InvalidOperationException or InvalidProtocolBufferException) { }
    }

    [Fact]
    public void A_loaded_cluster_goes_on_where_the_other_was()
    {
        var lab = Busy();
        var loaded = Cluster.FromSnapshot(lab.Cluster.ToSnapshot(0));
        foreach (var cluster in new[] { lab.Cluster, loaded })
            for (var pass = 0; pass < 3; pass++)
                foreach (var record in cluster.Decide(new Schedule(), lab.Now + TimeSpan.FromHours(1)).Records) cluster.Apply(record);
        Assert.Equal(lab.Cluster.StateHash(), loaded.StateHash());
        Assert.Equal(lab.Cluster.NextJobId, loaded.NextJobId);
    }

    [Fact]
    public void Replaying_the_journal_twice_gives_the_live_state_both_times()
    {
        var lab = Busy();
        Assert.Equal(lab.Cluster.StateHash(), Lab.Replay(lab.Journal).StateHash());
        Assert.Equal(lab.Cluster.StateHash(), Lab.Replay(lab.Journal).StateHash());
    }

    [Fact]
    public void The_hash_sees_every_change()
    {
        var lab = new Lab().Node("n1");
        var seen = new HashSet<ulong> { lab.Cluster.StateHash() };
        var id = lab.Submit();
        Assert.True(seen.Add(lab.Cluster.StateHash()));
        lab.Schedule();
        Assert.True(seen.Add(lab.Cluster.StateHash()));
        lab.ReportStart(id);
        Assert.True(seen.Add(lab.Cluster.StateHash()));
        lab.ReportExit(id);
        Assert.True(seen.Add(lab.Cluster.StateHash()));
        lab.Do(new LoseNode("n1"));
        Assert.True(seen.Add(lab.Cluster.StateHash()));
    }

    [Fact]
    public void A_tasks_spec_is_written_once_with_its_array()
    {
        var lab = new Lab().Node("n1");
        var id = lab.SubmitArray(0, 9);
        lab.Schedule();
        var snapshot = lab.Cluster.ToSnapshot(0);
        Assert.Single(snapshot.Specs);
        Assert.All(snapshot.Jobs, image => Assert.Null(image.Spec));
        Assert.Same(Cluster.FromSnapshot(snapshot).Jobs[id].Spec, Cluster.FromSnapshot(snapshot).FindTask(id, 0)!.Spec);
    }

    [Fact]
    public void A_snapshot_of_a_newer_format_is_refused()
    {
        var snapshot = new Lab().Cluster.ToSnapshot(0);
        snapshot.Format = Cluster.SnapshotFormat + 1;
        Assert.Throws<InvalidOperationException>(() => Cluster.FromSnapshot(snapshot));
    }

    [Fact]
    public void A_record_that_contradicts_the_state_is_an_error_and_not_a_guess()
    {
        var cluster = new Lab().Cluster;
        Assert.Throws<InvalidOperationException>(() => cluster.Apply(new Record { JobEnded = new JobEnded { JobId = 7 } }));
        Assert.Throws<InvalidOperationException>(() => cluster.Apply(new Record()));
    }
}
