using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Stint.Core.Journal;
using Stint.Storage;
using Stint.Storage.Memory;
using Stint.Storage.Sqlite;

namespace Stint.Core.Tests.Storage;

public sealed class JournalTests : IDisposable
{
    private readonly Folder folder = new();
    private string Path => folder["journal.db"];
    public void Dispose() => folder.Dispose();

    private static Record Submitted(uint id) => new() { AtMs = id, JobSubmitted = new JobSubmitted { JobId = id, Spec = Lab.Spec() } };

    private static Blob BlobOf(string text)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(text);
        return new Blob(Convert.ToHexStringLower(SHA256.HashData(content)), content);
    }

    private void Tamper(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static TheoryData<string> Kinds => ["sqlite", "memory"];
    private IJournal Open(string kind) => kind == "sqlite" ? SqliteJournal.Open(Path) : new MemoryJournal();

    [Theory, MemberData(nameof(Kinds))]
    public void What_was_appended_is_read_in_order_with_its_blobs(string kind)
    {
        using var journal = Open(kind);
        Assert.Equal(0, journal.LastSequence);
        var blob = BlobOf("#!/bin/sh\n");
        journal.Append([Submitted(1), Submitted(2)], [blob]);
        journal.Append([Submitted(3)], [blob]);
        journal.Append([], []);
        Assert.Equal(3, journal.LastSequence);
        Assert.Equal([(1L, Submitted(1)), (2L, Submitted(2)), (3L, Submitted(3))], journal.Read(0));
        Assert.Equal([3L], journal.Read(2).Select(entry => entry.Sequence));
        Assert.Equal(blob.Content.ToArray(), journal.ReadBlob(blob.Hash));
        Assert.Null(journal.ReadBlob("nosuch"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_snapshot_drops_what_the_one_before_it_and_the_history_have_behind_them(string kind)
    {
        using var journal = Open(kind);
        Assert.Null(journal.LoadSnapshot());
        journal.Append(Enumerable.Range(1, 10).Select(i => Submitted((uint)i)).ToList(), []);
        journal.SaveSnapshot(new Snapshot { LastSequence = 4, Format = 1 }, keepAfterSequence: 10);
        Assert.Equal(10, journal.Read(0).Count());
        journal.SaveSnapshot(new Snapshot { LastSequence = 8, Format = 1 }, keepAfterSequence: 3);
        Assert.Equal(4, journal.Read(0).First().Sequence);
        journal.SaveSnapshot(new Snapshot { LastSequence = 10, Format = 1 }, keepAfterSequence: 10);
        Assert.Equal([9L, 10L], journal.Read(0).Select(entry => entry.Sequence));
        Assert.Equal(10, journal.LoadSnapshot()!.LastSequence);
        Assert.Equal(10, journal.LastSequence);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Blobs_that_nobody_needs_can_be_removed(string kind)
    {
        using var journal = Open(kind);
        var (kept, dropped) = (BlobOf("a"), BlobOf("b"));
        journal.Append([], [kept, dropped]);
        journal.RemoveBlobs(new HashSet<string> { kept.Hash });
        Assert.NotNull(journal.ReadBlob(kept.Hash));
        Assert.Null(journal.ReadBlob(dropped.Hash));
    }

    [Fact]
    public void It_is_all_there_after_a_restart_also_when_every_record_was_dropped()
    {
        using (var journal = SqliteJournal.Open(Path))
        {
            journal.Append([Submitted(1), Submitted(2)], []);
            journal.SaveSnapshot(new Snapshot { LastSequence = 2, NextJobId = 3 }, 2);
            journal.SaveSnapshot(new Snapshot { LastSequence = 2, NextJobId = 4 }, 2);
        }
        using var again = SqliteJournal.Open(Path);
        Assert.Equal(2, again.LastSequence);
        Assert.Empty(again.Read(0));
        Assert.Equal(4u, again.LoadSnapshot()!.NextJobId);
        again.Append([Submitted(3)], []);
        Assert.Equal([3L], again.Read(0).Select(entry => entry.Sequence));
    }

    [Fact]
    public void Two_servers_can_not_open_the_same_journal()
    {
        using var first = SqliteJournal.Open(Path);
        var refused = Assert.Throws<JournalException>(() => SqliteJournal.Open(Path));
        Assert.Contains("in use by another server", refused.Message);
        first.Dispose();
        using var second = SqliteJournal.Open(Path);
    }

    [Fact]
    public void A_damaged_record_a_gap_and_a_damaged_snapshot_are_found()
    {
        using (var journal = SqliteJournal.Open(Path)) journal.Append([Submitted(1), Submitted(2), Submitted(3)], []);
        Tamper("UPDATE records SET body = x'00' || substr(body, 2) WHERE sequence = 2");
        using (var journal = SqliteJournal.Open(Path))
            Assert.Contains("record 2", Assert.Throws<JournalException>(() => journal.Read(0).Count()).Message);
        Tamper("DELETE FROM records WHERE sequence = 2");
        using (var journal = SqliteJournal.Open(Path))
            Assert.Contains("record 2 is missing", Assert.Throws<JournalException>(() => journal.Read(0).Count()).Message);
        Tamper("DELETE FROM records WHERE sequence = 1");
        using (var journal = SqliteJournal.Open(Path))
            Assert.Contains("record 1 is missing", Assert.Throws<JournalException>(journal.LoadSnapshot).Message);
    }

    [Fact]
    public void The_snapshot_before_a_damaged_one_is_used_with_the_records_after_it()
    {
        using (var journal = SqliteJournal.Open(Path))
        {
            journal.Append([Submitted(1), Submitted(2), Submitted(3)], []);
            journal.SaveSnapshot(new Snapshot { LastSequence = 1 }, 3);
            journal.SaveSnapshot(new Snapshot { LastSequence = 3 }, 3);
        }
        Tamper("UPDATE snapshots SET body = x'1234' WHERE sequence = 3");
        using (var journal = SqliteJournal.Open(Path))
        {
            Assert.Equal(1, journal.LoadSnapshot()!.LastSequence);
            Assert.Equal([2L, 3L], journal.Read(1).Select(entry => entry.Sequence));
        }
        Tamper("UPDATE snapshots SET body = x'1234'");
        using (var journal = SqliteJournal.Open(Path))
            Assert.Contains("none of its 2 snapshots", Assert.Throws<JournalException>(journal.LoadSnapshot).Message);
    }

    [Fact]
    public void Newer_foreign_and_broken_files_are_refused_with_a_sentence()
    {
        SqliteJournal.Open(Path).Dispose();
        Tamper("PRAGMA user_version = 99");
        Assert.Contains("journal format 99", Assert.Throws<JournalException>(() => SqliteJournal.Open(Path)).Message);
        Tamper("PRAGMA application_id = 1");
        Assert.Contains("not a journal of Stint", Assert.Throws<JournalException>(() => SqliteJournal.Open(Path)).Message);
        File.WriteAllText(folder["text.db"], new string('x', 5000));
        Assert.Contains("not a database", Assert.Throws<JournalException>(() => SqliteJournal.Open(folder["text.db"])).Message);
        Assert.Contains("can not be opened", Assert.Throws<JournalException>(() => SqliteJournal.Open(folder["no/such/folder.db"])).Message);
    }

    [Fact]
    public void A_failed_append_is_the_last_one()
    {
        using var journal = SqliteJournal.Open(Path);
        journal.Append([Submitted(1)], []);
        Tamper("INSERT INTO records VALUES (2, x'', 0)");          // someone else wrote
        Assert.Throws<JournalException>(() => journal.Append([Submitted(2)], []));
        Assert.Throws<JournalException>(() => journal.Append([Submitted(3)], []));
        Assert.Equal(1, journal.LastSequence);
    }

    [Fact]
    public void Readers_do_not_wait_for_the_writer()
    {
        using var journal = SqliteJournal.Open(Path);
        journal.Append(Enumerable.Range(1, 10_000).Select(i => Submitted((uint)i)).ToList(), []);
        using var reading = journal.Read(0).GetEnumerator();
        Assert.True(reading.MoveNext());
        journal.Append([Submitted(10_001)], []);
        var read = 1;
        while (reading.MoveNext()) read++;
        Assert.Equal(10_001, read);
    }

    [Fact]
    public void A_cluster_comes_back_from_snapshot_and_tail_as_it_was()
    {
        using var journal = SqliteJournal.Open(Path);
        var lab = new Lab().Nodes("n1", "n2");
        lab.SubmitArray(0, 9);
        lab.Schedule();
        journal.Append(lab.Journal, []);
        journal.SaveSnapshot(lab.Cluster.ToSnapshot(journal.LastSequence), journal.LastSequence);
        var before = lab.Journal.Count;
        lab.Finish(lab.Cluster.ActiveJobs.First()).Schedule();
        journal.Append(lab.Journal.Skip(before).ToList(), []);

        var snapshot = journal.LoadSnapshot()!;
        var cluster = Cluster.FromSnapshot(snapshot);
        foreach (var (_, record) in journal.Read(snapshot.LastSequence)) cluster.Apply(record);
        Assert.Equal(lab.Cluster.StateHash(), cluster.StateHash());
    }
}
